#!/usr/bin/env bash
# The questions of `relab check`, each asked once, by the course's own tools. Usage: checks.sh NN NEIGHBOUR
set -u
ns="kubeflow-user$1"
bucket="mlops-training-user$1"
other="kubeflow-user$2"
export AWS_PAGER=""

aws --version
kubectl version --client
git --version
aws sts get-caller-identity
kubectl get --raw /version

kubectl get namespace "$ns"
kubectl get profile "profile-user$1" -o yaml
kubectl get serviceaccount -n "$ns"
kubectl get resourcequota -n "$ns"
kubectl get rolebinding -n "$ns"
kubectl get poddefaults -n "$ns" -o yaml
kubectl get pods -n "$ns"
kubectl get services -n "$ns"
kubectl get pvc -n "$ns"
kubectl get configmaps -n "$ns"
kubectl get secrets -n "$ns"
kubectl get pods -n "$other"
kubectl get namespace kubeflow
kubectl get deployments -n kubeflow

kubectl get pods -n "$ns" -l app=mlflow-server
kubectl get --raw "/api/v1/namespaces/$ns/services/mlflow-server:5000/proxy/health"
kubectl get pods -n mlflow-system -l app=postgres

aws s3api list-objects-v2 --bucket "$bucket" --query 'length(Contents)'
aws s3api list-buckets --query "Buckets[?Name=='$bucket'].CreationDate"
aws s3api get-bucket-location --bucket "$bucket"
repositories=$(aws ecr describe-repositories \
  --query "repositories[?contains(repositoryName, 'user$1')].repositoryName" --output text)
for repository in $repositories; do
  aws ecr describe-images --repository-name "$repository"
  aws ecr get-lifecycle-policy --repository-name "$repository"
done
aws s3api get-bucket-encryption --bucket "$bucket"
aws s3api get-bucket-versioning --bucket "$bucket"
aws s3api get-public-access-block --bucket "$bucket"
