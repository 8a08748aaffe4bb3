"""The data plane of the embedded ECR: the OCI distribution API over what moto holds.

    tokens    whose login a password is
    door      gives each caller of GetAuthorizationToken a password of their own
    blobs     bytes by digest; which repository has which stands in moto's `Repository.layers`
    uploads   blobs that are still coming in
    images    manifests, which are moto's images
    refusals  the API's errors
    pieces    ranges, pages and streamed answers
    server    the routes, and who may call them

Source: https://github.com/opencontainers/distribution-spec (1.1).
"""
