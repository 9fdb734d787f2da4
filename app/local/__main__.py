"""``python -m app.local up | down``."""

from app.local.up import main

raise SystemExit(main())
