"""The views: the newest revision makes them all, on the columns that it adds.

A later revision that changes an extension table looks first whether it is there, as `existing` tells. A
view gets new columns at its end only: then PostgreSQL replaces it, and rights and views of others stay.
"""

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Do nothing: revision 0003 makes the views."""
