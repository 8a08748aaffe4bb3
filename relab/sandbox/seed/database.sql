-- The tables of MLflow 2.16's tracking store, as far as a training course fills them. Checks are written
-- as PostgreSQL keeps them, so that a dump that was loaded gives the same dump again.
CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY);
INSERT INTO alembic_version VALUES ('4465047574b1');
CREATE TABLE experiments (
  experiment_id SERIAL PRIMARY KEY,
  name VARCHAR(256) NOT NULL UNIQUE,
  artifact_location VARCHAR(256),
  lifecycle_stage VARCHAR(32) CHECK (lifecycle_stage::text IN ('active'::text, 'deleted'::text)),
  creation_time BIGINT,
  last_update_time BIGINT
);
CREATE TABLE experiment_tags (
  key VARCHAR(250) NOT NULL,
  value VARCHAR(5000),
  experiment_id INTEGER NOT NULL REFERENCES experiments,
  PRIMARY KEY (key, experiment_id)
);
CREATE TABLE runs (
  run_uuid VARCHAR(32) PRIMARY KEY,
  name VARCHAR(250),
  source_type VARCHAR(20) CHECK (source_type::text IN ('NOTEBOOK'::text, 'JOB'::text, 'LOCAL'::text, 'UNKNOWN'::text, 'PROJECT'::text)),
  source_name VARCHAR(500),
  entry_point_name VARCHAR(50),
  user_id VARCHAR(256),
  status VARCHAR(9) CHECK (status::text IN ('SCHEDULED'::text, 'FAILED'::text, 'FINISHED'::text, 'RUNNING'::text, 'KILLED'::text)),
  start_time BIGINT,
  end_time BIGINT,
  deleted_time BIGINT,
  source_version VARCHAR(50),
  lifecycle_stage VARCHAR(20) CHECK (lifecycle_stage::text IN ('active'::text, 'deleted'::text)),
  artifact_uri VARCHAR(200),
  experiment_id INTEGER REFERENCES experiments
);
CREATE TABLE params (
  key VARCHAR(250) NOT NULL,
  value VARCHAR(8000) NOT NULL,
  run_uuid VARCHAR(32) NOT NULL REFERENCES runs,
  PRIMARY KEY (key, run_uuid)
);
CREATE INDEX index_params_run_uuid ON params (run_uuid);
CREATE TABLE metrics (
  key VARCHAR(250) NOT NULL,
  value DOUBLE PRECISION NOT NULL,
  timestamp BIGINT NOT NULL,
  run_uuid VARCHAR(32) NOT NULL REFERENCES runs,
  step BIGINT NOT NULL DEFAULT 0,
  is_nan BOOLEAN NOT NULL DEFAULT FALSE,
  PRIMARY KEY (key, timestamp, step, run_uuid, value, is_nan)
);
CREATE INDEX index_metrics_run_uuid ON metrics (run_uuid);
CREATE TABLE latest_metrics (
  key VARCHAR(250) NOT NULL,
  value DOUBLE PRECISION NOT NULL,
  timestamp BIGINT,
  step BIGINT NOT NULL,
  is_nan BOOLEAN NOT NULL,
  run_uuid VARCHAR(32) NOT NULL REFERENCES runs,
  PRIMARY KEY (key, run_uuid)
);
CREATE TABLE tags (
  key VARCHAR(250) NOT NULL,
  value VARCHAR(5000),
  run_uuid VARCHAR(32) NOT NULL REFERENCES runs,
  PRIMARY KEY (key, run_uuid)
);
CREATE TABLE registered_models (
  name VARCHAR(256) PRIMARY KEY,
  creation_time BIGINT,
  last_updated_time BIGINT,
  description VARCHAR(5000)
);
CREATE TABLE model_versions (
  name VARCHAR(256) NOT NULL REFERENCES registered_models ON UPDATE CASCADE,
  version INTEGER NOT NULL,
  creation_time BIGINT,
  last_updated_time BIGINT,
  description VARCHAR(5000),
  user_id VARCHAR(256),
  current_stage VARCHAR(20),
  source VARCHAR(500),
  run_id VARCHAR(32),
  status VARCHAR(20),
  status_message VARCHAR(500),
  run_link VARCHAR(500),
  storage_location VARCHAR(500),
  PRIMARY KEY (name, version)
);
