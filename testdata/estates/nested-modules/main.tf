module "projects" {
  source   = "./modules/project"
  for_each = { dev = "shop-dev", prod = "shop-prod" }
  project  = each.value
  admins   = each.key == "prod" ? ["group:admins@example.com"] : ["group:admins@example.com", "user:ana@example.com"]
}

output "robots" {
  value = { for name, project in module.projects : name => project.robot }
}
