"""S/MIME: certificates read before their enrolment."""
