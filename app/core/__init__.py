"""The ground all rooms stand on: errors, paths, secrets, and text made safe."""
