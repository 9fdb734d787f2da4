"""What one caller may ask of the service: how complex, how large, how often, how many at a time."""
