# Values as the types of variables make them; what Terraform would refuse cannot be here, since nothing would load.

variable "untyped" { default = [1, "a", true] }

variable "any" {
  type    = any
  default = { a = [1], b = "x" }
}

variable "string_of_number" {
  type    = string
  default = 1.50
}

variable "string_of_bool" {
  type    = string
  default = true
}

variable "string_null" {
  type    = string
  default = null
}

variable "number_of_string" {
  type    = number
  default = "012.50"
}

variable "bool_of_string" {
  type    = bool
  default = "true"
}

variable "bool_of_digit" {
  type    = bool
  default = "0"
}

variable "list_of_string" {
  type    = list(string)
  default = ["b", 1, true, null]
}

variable "list_bare" {
  type    = list
  default = ["b", 1]
}

variable "map_bare" {
  type    = map
  default = { a = "b", c = 1 }
}

variable "set_bare" {
  type    = set(any)
  default = ["b", 1, "b"]
}

variable "list_of_any" {
  type    = list(any)
  default = ["a", 1, true]
}

variable "list_of_any_objects" {
  type    = list(any)
  default = [{ a = 1 }, { a = "x" }]
}

variable "list_of_any_uneven" {
  type    = list(any)
  default = [{ a = "1" }, { a = "x", b = "y" }]
}

variable "map_of_any" {
  type    = map(any)
  default = { a = 1, b = "x" }
}

variable "map_of_any_lists" {
  type    = map(any)
  default = { a = ["x"], b = [] }
}

variable "map_of_number" {
  type    = map(number)
  default = { a = "1", b = 2 }
}

variable "map_of_lists" {
  type    = map(list(string))
  default = { "roles/viewer" = ["user:a@example.com"], "roles/editor" = [] }
}

variable "set_of_string" {
  type    = set(string)
  default = ["b", "a", "b", 3]
}

variable "set_of_number" {
  type    = set(number)
  default = [10, "9", 1]
}

variable "set_of_objects" {
  type    = set(object({ a = string }))
  default = [{ a = "y" }, { a = "x" }, { a = "x", b = "dropped" }]
}

variable "set_of_sets" {
  type    = set(set(string))
  default = [["b", "a"], ["a", "b"], []]
}

variable "tuple" {
  type    = tuple([string, number, list(bool)])
  default = [1, "2", ["true", false]]
}

variable "tuple_empty" {
  type    = tuple([])
  default = []
}

variable "object" {
  type    = object({ a = string, b = number })
  default = { a = 1, b = "2", c = "dropped" }
}

variable "object_empty" {
  type    = object({})
  default = { a = 1 }
}

variable "object_any" {
  type    = object({ a = any, b = list(any) })
  default = { a = { x = 1 }, b = ["a", 1] }
}

variable "optional" {
  type    = object({ a = string, b = optional(string), c = optional(number, 5), d = optional(list(string), ["x"]) })
  default = { a = "y" }
}

variable "optional_null" {
  type    = object({ b = optional(string, "default"), c = optional(string) })
  default = { b = null, c = null }
}

variable "optional_given" {
  type    = object({ b = optional(string, "default"), c = optional(bool, false) })
  default = { b = 7, c = "true" }
}

variable "optional_converted" {
  type    = object({ b = optional(string, 7), c = optional(set(string), ["b", "a"]) })
  default = {}
}

variable "optional_nested" {
  type = object({
    inner = optional(object({ a = optional(string, "x"), b = optional(object({ c = optional(number, 1) }), {}) }), {})
  })
  default = {}
}

variable "optional_nested_given" {
  type    = object({ inner = optional(object({ a = optional(string, "x"), b = optional(string) }), { b = "outer" }) })
  default = { inner = { b = "given" } }
}

variable "optional_nested_null" {
  type    = object({ inner = optional(object({ a = optional(string, "x") })) })
  default = {}
}

variable "map_of_objects" {
  type = map(object({
    role      = string
    members   = optional(list(string), [])
    condition = optional(object({ title = string, expression = optional(string, "true") }))
  }))
  default = {
    b = { role = "roles/viewer" }
    a = { role = "roles/editor", members = ["user:a@example.com"], condition = { title = "t" }, extra = 1 }
  }
}

variable "list_of_objects" {
  type    = list(object({ a = optional(string, "x"), n = optional(number) }))
  default = [{}, { a = "y", n = "3" }, { a = null }]
}

variable "list_of_optional_any" {
  type    = list(object({ a = optional(any) }))
  default = [{ a = "x" }, {}]
}

variable "map_of_maps" {
  type    = map(map(string))
  default = { a = { x = 1 }, b = {} }
}

variable "list_of_tuples" {
  type    = list(tuple([string, number]))
  default = [["a", 1], [2, "3"]]
}

variable "object_of_map" {
  type    = object({ labels = map(string), on = bool })
  default = { labels = { a = true, b = 1.0 }, on = "false" }
}

variable "empty_list" {
  type    = list(string)
  default = []
}

variable "empty_map" {
  type    = map(string)
  default = {}
}

variable "deep" {
  type    = map(object({ list = list(object({ set = optional(set(string), []), any = optional(any, "z") })) }))
  default = { k = { list = [{}, { set = ["b", "a", "a"] }] } }
}

variable "heredoc" {
  type    = string
  default = <<-EOT
    one
      two
  EOT
}

variable "list_from_set" {
  type    = list(string)
  default = ["z", "a"]
}
