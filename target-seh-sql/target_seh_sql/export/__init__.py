"""Files for spreadsheets and notebooks: any table or view as CSV, JSON lines, Excel or Parquet."""
