package saas
