"""Images without Docker: the engines' own Dockerfiles, carried out with registry packages.

There is one list of steps, the Dockerfile. ``dockerfile`` reads it and ``building`` does what it
says in a file system of its own; only its base images are made otherwise (``bases``), of Debian's
packages and the npm registry's Node. It needs Linux, root and Debian's mmdebstrap.
"""
