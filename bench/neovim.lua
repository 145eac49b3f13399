-- Steps of bench/neovim.py within Neovim (0.7 and later, without plugins): prints one line of JSON, then quits.
local told = {}
local uri = vim.uri_from_bufnr(0)

local function say(name, value)
  told[name] = value
end

local function codes()
  local found = {}
  for _, one in ipairs(vim.diagnostic.get(0)) do
    table.insert(found, { rule = one.code or one.user_data and one.user_data.lsp.code, line = one.lnum + 1 })
  end
  return found
end

local function wait_for(count)
  return vim.wait(20000, function() return #vim.diagnostic.get(0) == count end, 20)
end

local function ask(method, extra)
  local parameters = vim.tbl_extend("force", { textDocument = { uri = uri } }, extra)
  local answers = vim.lsp.buf_request_sync(0, method, parameters, 20000) or {}
  for _, answer in pairs(answers) do
    return answer.result
  end
end

local function place(line, text)
  local found = vim.fn.getline(line):find(text, 1, true)
  return { line = line - 1, character = found }
end

local function apply(wanted, line)
  local position = place(line, "roles/")
  local diagnostics = {}
  for _, one in ipairs(vim.diagnostic.get(0)) do
    table.insert(diagnostics, one.user_data.lsp and {
      range = { start = { line = one.lnum, character = one.col }, ["end"] = { line = one.end_lnum, character = one.end_col } },
      message = one.message, source = one.source, code = one.user_data.lsp.code,
    })
  end
  local actions = ask("textDocument/codeAction", {
    range = { start = position, ["end"] = position }, context = { diagnostics = diagnostics },
  })
  for _, action in ipairs(actions or {}) do
    if action.title:find(wanted, 1, true) and action.edit then
      vim.lsp.util.apply_workspace_edit(action.edit, "utf-16")
      return action.title
    end
  end
end

local function steps()
  local client = vim.lsp.start_client({ name = "iamlint", cmd = vim.g.iamlint, root_dir = vim.fn.getcwd() })
  vim.lsp.buf_attach_client(0, client)
  wait_for(1)
  say("opened", codes())
  local role = vim.fn.search("serviceAccountTokenCreator")
  say("hover", ask("textDocument/hover", { position = place(role, "roles/") }).contents.value)
  local proposed = ask("textDocument/completion", { position = place(role, "serviceAccountTokenCreator") })
  say("completion", #(proposed.items or proposed))
  vim.fn.setline(role, (vim.fn.getline(role):gsub("serviceAccountTokenCreator", "serviceAccountTokenCreater")))
  vim.wait(20000, function() return codes()[1] and codes()[1].rule ~= told.opened[1].rule end, 20)
  say("changed", codes())
  say("fix", apply("serviceAccountTokenCreator", role))
  vim.wait(20000, function() return codes()[1] and codes()[1].rule == told.opened[1].rule end, 20)
  say("fixed", { line = vim.fn.getline(role), found = codes() })
  say("ignore", apply("Accept", role))
  say("comment", table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n"):match("[^\n]*iamlint[^\n]*"))
  wait_for(0)
  say("ignored", codes())
end

local ok, reason = xpcall(steps, debug.traceback)
if not ok then
  told.error = reason
end
io.stdout:write(vim.fn.json_encode(told) .. "\n")
vim.cmd("qall!")
