"""What every part stands on: errors, files, units, aliases of arrays, where assets lie."""
