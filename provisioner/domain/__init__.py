"""What the platform is about: stores, their states and errors, and the edges to everything else.

Pure: no database, no cluster, no program is reached from here.
"""
