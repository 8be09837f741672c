"""Programme as code: the whole configuration of points as one file that can be kept, compared and brought in again."""
