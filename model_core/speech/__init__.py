"""What is said, before any model: sound, phones and how loud they are."""
