"""Half an hour of many clusters under churn and faults: what grows, what lags, and whether it is right."""
