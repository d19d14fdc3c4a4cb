"""A scene to try the product on: a head with FLAME's topology and a recording of real speech."""
