"""What commands of provisioners and of external programs change."""
