"""get_fleet_status and get_flux_instance: what runs where, and how it stands."""
