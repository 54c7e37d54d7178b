"""The commands of the window as data, a file for each menu or room."""
