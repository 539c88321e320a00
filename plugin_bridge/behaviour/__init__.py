"""What customers did, and what they may want next: data, models, recommendations, segments."""
