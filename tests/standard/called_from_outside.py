"""Names that no code of ours reads, and who does: the allow-list of `vulture`, which finds what nothing calls."""

# pynetdicom and pydicom call or read these of the classes that stand in for theirs.
_.stop_dul
_.run_reactor
_._read_pdu_data
_._create_socket
_.to_user_queue
_.supported_contexts
_.is_released
_.presentation_data_value_list
_.maximum_associations
_.maximum_length
_.dimse_timeout
_.scp_role
_.scu_role
_.reason_diagnostic
_.reading_validation_mode
_.is_undefined_length

# socketserver and http.server call or read these of a server and its handler.
_.request_queue_size
_.get_request
_.process_request
_.service_actions
_.daemon_threads
_.block_on_close
_.protocol_version
_.disable_nagle_algorithm
_.timeout
_.handle_error
_.do_GET
_.log_message
args

# io, SQLAlchemy, minio, prometheus_client, pydantic, typer and uvicorn call or read these.
_.expected_content_length
_.handle
_.seekable
_.readinto
_.impl
_.cache_ok
_.process_bind_param
_.process_result_value
_.isolation_level
_.retrieve
_.collect
_.model_config
_.list_commands
_.get_command
_.rich_help_panel
_.should_exit

# Templates and the typst sheet read these fields of what a view puts together.
_.tone
_.can_be_cancelled
_.beside_title
_.hidden_beside
_.arrived_picture
_.beside_picture
_.download
_.watermark
_.hospital
_.centres
_.caution
_.qr
_.patient_detail
_.urgency
_.preliminary_id
_.final_id

# A setting that is read by its name, and a field that completes what a walk tells of encapsulated pixels.
_.database_owner_url_file
_.database_url_file
_.gateway_origins
_.offset_table

# smtplib connects by it.
_._get_socket

# The desk reads it of a screen that was put aside.
_.inverted

# The standard library's HTML parser calls them.
_.handle_data
_.handle_starttag

# pynetdicom reads the address of a connection by it.
_._addr
