"""The page script: which pages there are. It is executed at every rerun, so it stays tiny."""

from app.components.menu import navigation

navigation()
