# What the expressions beside refer to: heredocs (an expression of the console is one line), names, and typed variables.

locals {
  name    = "ada"
  members = ["user:ana@example.com", "group:ops@example.com"]
  rooms   = { b = { size = 2, tags = ["x"] }, a = { size = 1, tags = [] } }
  nothing = null
  numbers = [3, 1, 2]

  plain = <<EOT
first
  second ${local.name}
third
EOT

  flush = <<-EOT
    first
      second ${local.name}
    third
  EOT

  flush_uneven = <<-EOT
      four
    two
        six
    EOT

  flush_blank = <<-EOT
    a

    b
      
    c
  EOT

  flush_tabs = <<-EOT
		tab
			more
  EOT

  flush_interpolated = <<-EOT
    ${local.name}
      ${local.name} again
    %{ if true }yes%{ endif }
  EOT

  escapes = <<EOT
no \n escape, "quotes", $${dollar}, %%{percent}, $5, 100%
EOT

  loop = <<EOT
%{ for m in local.members }
member ${m}
%{ endfor }
end
EOT

  loop_stripped = <<EOT
%{ for i, m in local.members ~}
${i}=${m}
%{ endfor ~}
end
EOT

  if_stripped = <<-EOT
    start
    %{~ if local.name == "ada" ~}
    is ada
    %{~ else ~}
    is not
    %{~ endif ~}
    end
  EOT

  loop_map = <<-EOT
    %{ for k, v in local.rooms ~}
    ${k}: ${v.size}
    %{ endfor ~}
  EOT

  json_text = <<EOT
{"bindings": [{"role": "roles/viewer", "members": ["user:${local.name}@example.com"]}]}
EOT

  only = <<EOT
${local.name}
EOT

  empty = <<EOT
EOT

  in_call = upper(<<-EOT
    shout
  EOT
  )

  in_list = [<<-A
    one
  A
    , <<-B
    two
  B
  ]

  multi_line = (
    1 +
    2
    * 3
  )

  multi_object = {
    a = 1, b = 2
    c = 3
    "d" : 4
    (upper("e")) = 5
    "${local.name}-f" = 6
    7 = "seven"
    true = "yes"
  }

  nested_quotes = "outer ${upper("inner ${lower("DEEP")}")} end"
}

terraform {
  required_providers {
    terraform = {
      source = "terraform.io/builtin/terraform"
    }
  }
}

# `terraform_data.u.id` is a text that nothing knows before an apply, and `local.any` not even of a type.
resource "terraform_data" "u" {
  input = timestamp()
}

locals {
  text = terraform_data.u.id
  any  = jsondecode(terraform_data.u.output)
}
