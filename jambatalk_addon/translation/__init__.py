"""The add-on in other languages: files of texts, what they are made from, and Blender's hook."""
