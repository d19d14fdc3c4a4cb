"""What is said in a sound, and when: words where they are given, phones as they are heard."""
