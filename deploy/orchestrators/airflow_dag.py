"""Airflow: one task that lets Meltano run; copy it into the folder of DAGs, adapt PROJECT."""

import os
from datetime import timedelta

import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

PROJECT = os.environ.get("SOLAREDGE_PROJECT", "/opt/solaredge-to-sql")

with DAG(
    dag_id="solaredge_harvest",
    schedule="7 * * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,  # the tap knows itself what is missing
    max_active_runs=1,
):
    BashOperator(
        task_id="harvest",
        bash_command=".venv/bin/meltano run harvest",
        cwd=PROJECT,
        append_env=True,
        execution_timeout=timedelta(minutes=55),
    )
