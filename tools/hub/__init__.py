"""Definitions of the plugins for Meltano and its Hub."""
