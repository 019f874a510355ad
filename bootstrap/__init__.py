"""Set-up of a fresh machine. Standard library only: nothing else is there yet when this runs."""
