-- Sends requests to the hosts of a rollout, in nginx with its Lua module. Written by regal-inventory export nginx-lua,
-- the same for every plan; what changes is regal.json beside it, which is read again every second.
--
-- http {
--     lua_package_path "/etc/nginx/regal/?.lua;;";
--     init_by_lua_block { require("regal").load("/etc/nginx/regal/regal.json") }
--     init_worker_by_lua_block { require("regal").watch() }
--     upstream shop { server 0.0.0.1; balancer_by_lua_block { require("regal").balance("shop", ngx.var.regal_user_group) } }
-- }

local cjson = require "cjson.safe"

local regal = { schema = 1, interval = 1 }

local path          -- of regal.json
local text          -- what was read last, good or bad
local versions = {} -- by id: { share, A = { {address, port} … }, B = … }
local turns = {}    -- by id and group: whose turn it is

local function port(value)
    return type(value) == "number" and value >= 1 and value <= 65535 and value % 1 == 0
end

local function servers(list)
    if type(list) ~= "table" or #list == 0 then
        return nil, "a group has no servers"
    end
    for _, server in ipairs(list) do
        if type(server) ~= "table" or type(server[1]) ~= "string" or not port(server[2]) then
            return nil, "a server is not a pair of address and port"
        end
    end
    return list
end

-- The versions of a document by id, or nil and why not.
local function parse(document)
    if type(document) ~= "table" or document.schema ~= regal.schema or type(document.versions) ~= "table" then
        return nil, "it is not a document of schema " .. regal.schema
    end
    local found = {}
    for _, version in ipairs(document.versions) do
        if type(version) ~= "table" or type(version.id) ~= "string" or type(version.share) ~= "number" then
            return nil, "a version has no id or no share"
        end
        local a, why_a = servers(version.a)
        local b, why_b = servers(version.b)
        if not a or not b then
            return nil, version.id .. ": " .. (why_a or why_b)
        end
        found[version.id] = { share = version.share, A = a, B = b }
    end
    if not next(found) then
        return nil, "it has no version"
    end
    return found
end

-- Reads the file. What is no good is reported once and changes nothing.
local function read()
    local file, problem = io.open(path)
    if not file then
        return nil, problem
    end
    local now = file:read("*a")
    file:close()
    if now == text then
        return true
    end
    text = now
    local document, broken = cjson.decode(now)
    local found, why = parse(document)
    if not found then
        return nil, path .. ": " .. (broken or why)
    end
    versions = found
    return true
end

-- In init_by_lua: reads the file, and fails the start of nginx if it is no good.
function regal.load(file)
    path, text = file, nil
    local done, why = read()
    if not done then
        error("regal: " .. why)
    end
end

-- In init_worker_by_lua: reads the file again every second. A bad or missing one leaves the last good state.
function regal.watch()
    local told
    ngx.timer.every(regal.interval, function()
        local done, why = read()
        if not done and why ~= told then
            ngx.log(ngx.ERR, "regal: the last good state stays: ", why)
        end
        told = why
    end)
end

-- The group of a user who has none yet: A for the share of the keys that group A has, else B. A share that grows keeps
-- whom it has.
function regal.group(id, key)
    local version = versions[id]
    return version and ngx.crc32_long(key) % 10000 < version.share and "A" or "B"
end

-- In balancer_by_lua: the next server of the group, any but "A" being B; a second try goes to the one after it.
function regal.balance(id, group)
    local balancer = require "ngx.balancer"
    local version = versions[id]
    if not version then
        ngx.log(ngx.ERR, "regal: there is no version ", id)
        return ngx.exit(502)
    end
    group = group == "A" and "A" or "B"
    local list, turn = version[group], (turns[id .. group] or 0) + 1
    turns[id .. group] = turn
    if not balancer.get_last_failure() and #list > 1 then
        balancer.set_more_tries(math.min(#list - 1, 2))
    end
    local server = list[turn % #list + 1]
    local done, why = balancer.set_current_peer(server[1], server[2])
    if not done then
        ngx.log(ngx.ERR, "regal: ", server[1], ": ", why)
        return ngx.exit(502)
    end
end

return regal
