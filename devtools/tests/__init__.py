"""Tests of devtools; they need neither Odoo nor PostgreSQL."""
