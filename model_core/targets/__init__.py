"""What a mesh can be spoken with: the contract, and the kinds of meshes there are."""
