"""Files the program needs at run time; read through importlib.resources."""
