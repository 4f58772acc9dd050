"""What is printed: the circular, from one document model into every format."""
