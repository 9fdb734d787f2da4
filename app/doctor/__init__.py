"""Looks at everything that an installation with the present settings needs: ``app doctor``.

``examination`` runs the checks side by side, each with a time limit, and ``report`` prints what
they found. A check is one function in ``checks``. It changes nothing that stays.
"""
