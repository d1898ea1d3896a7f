"""What a worker is given for each adapter: names only. The values are known to workers alone."""

from collections.abc import Mapping

CREDENTIAL_FIELDS: Mapping[str, str] = {
    "awsmarketplace": "access_key_id and secret_access_key of an IAM user or role of the buyer's account (region, "
    "session_token where they are needed)",
    "cloudcraft": "api_key of the account's owner; keys come with a paid plan",
    "dns": "nothing; resolvers, when others than the machine's are to be asked",
    "ovhcloud": "application_key, application_secret and consumer_key with the rights below, or client_id and "
    "client_secret of an OAuth2 client with such an IAM policy; endpoint (ovh-eu, ovh-ca, ovh-us)",
    "stated": "nothing: people act",
    "whmcs": "identifier and secret of an API credential of an administrator; endpoint",
}
"""In words, by namespace."""
