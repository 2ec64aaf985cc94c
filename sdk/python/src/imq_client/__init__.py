"""The client of imq for asyncio."""
