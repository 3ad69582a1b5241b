-- A Wireshark dissector for the Theragun generation 4 wire protocol: the ATT values of its characteristics.
--
-- Written by protocol-generator from protocol-spec/theragun-gen4.yaml: change that page, then run `make generate`.
--
-- Unofficial: from the public documentation of the Buttplug project (docs.buttplug.io, stpihkal/protocols/theragun,
-- issue stpihkal#127), made for interoperability, not tried on hardware.
--
-- Copy it into the folder of personal Lua plugins (Help > About > Folders), or: tshark -X lua_script:theragun-gen4.lua -r FILE
-- Values are found by UUID where the capture has the discovery of services. Where it has not, tell Wireshark which
-- handle is which characteristic: tshark -d btatt.handle==0x0010,theragun_gen4_notify
-- Other products use these UUIDs too: a value whose fixed bytes or checksum are others is left alone.

local theragun_gen4 = Proto("theragun_gen4", "Theragun generation 4")

-- Enumerations and flags

local request_kind = {
  [0x01] = "set_speed",
  [0x10] = "status",
  [0x20] = "version",
}

local notification_kind = {
  [0x10] = "status",
  [0x20] = "version",
}

local motion = {
  [0x00] = "at_rest",
  [0x01] = "running",
}

-- Records: fields in order

-- Messages: a header, then the first variant that agrees with it

local messages = {
  request = {
    title = "Request", maximum_length = 7, exact = true,
    header = {
      { name = "start", title = "Start", type = "u8", constant = 0xAA, hex = true, doc = "Every request begins with it." },
      { name = "checksum", title = "Checksum", type = "u8", checksum_from = 2, hex = true, doc = "Sum of the bytes behind it." },
      { name = "kind", title = "Kind", type = "u8", values = request_kind, doc = "What is asked for." },
    },
    otherwise = "error",
    variants = {
      {
        name = "set_speed", when = { kind = 0x01 },
        fields = {
          { name = "fixed", title = "Fixed", type = "u8", constant = 0x03, hex = true, doc = "Always 3 for a speed; what it means is not public." },
          { name = "speed", title = "Speed", type = "u16", unit = " RPM", minimum = 0, maximum = 3616, doc = "Speed of the motor; 0 stops it. Not a number of percussions." },
          { name = "end", title = "End", type = "u8", constant = 0x03, hex = true, doc = "Always 3; what it means is not public." },
        },
      },
      {
        name = "status", when = { kind = 0x10 },
        fields = {
          { name = "fixed", title = "Fixed", type = "u8", constant = 0x00, hex = true, doc = "Always 0." },
        },
      },
      {
        name = "version", when = { kind = 0x20 },
        fields = {
          { name = "fixed", title = "Fixed", type = "u8", constant = 0x00, hex = true, doc = "Always 0." },
        },
      },
    },
  },
  notification = {
    title = "Notification", maximum_length = 512,
    header = {
      { name = "start", title = "Start", type = "u8", constant = 0xBB, hex = true, doc = "Every notification begins with it." },
      { name = "checksum", title = "Checksum", type = "u8", checksum_from = 2, hex = true, doc = "Sum of the bytes behind it." },
      { name = "kind", title = "Kind", type = "u8", values = notification_kind, doc = "What it tells." },
    },
    otherwise = "error",
    variants = {
      {
        name = "status", when = { kind = 0x10 },
        fields = {
          { name = "unknown_byte", title = "Unknown byte", type = "u8", hex = true, doc = "What it means is not public." },
          { name = "motion", title = "Motion", type = "u8", values = motion, open = true, doc = "Whether the motor runs." },
          { name = "unknown_bytes", title = "Unknown bytes", type = "u64", hex = true, doc = "What these eight bytes mean is not public." },
          { name = "speed", title = "Speed", type = "u16", unit = " RPM", doc = "Speed of the motor." },
        },
      },
      {
        name = "version", when = { kind = 0x20 },
        fields = {
          { name = "unknown_byte", title = "Unknown byte", type = "u8", hex = true, doc = "What it means is not public." },
          { name = "unknown_bytes", title = "Unknown bytes", type = "u64", hex = true, doc = "What these eight bytes mean is not public." },
          { name = "version", title = "Version", type = "u16", doc = "v: the major version is v / 100, the minor one v % 100 / 10, the patch v % 10." },
        },
      },
    },
  },
}

-- Characteristics: what the central writes, and what the peripheral sends

local characteristics = {
  { uuid = "ffe1", name = "notify", title = "Theragun Notify", to_central = "notification" },
  { uuid = "ffe2", name = "write", title = "Theragun Write", to_peripheral = "request" },
}

-- Below here nothing is particular to the protocol.

local experts = {
  truncated = ProtoExpert.new("theragun_gen4.truncated", "The value ends before its last field", expert.group.MALFORMED, expert.severity.ERROR),
  range = ProtoExpert.new("theragun_gen4.out_of_range", "Out of range", expert.group.MALFORMED, expert.severity.ERROR),
  unknown = ProtoExpert.new("theragun_gen4.unknown_value", "A value without a meaning", expert.group.MALFORMED, expert.severity.ERROR),
  newer = ProtoExpert.new("theragun_gen4.newer", "A value without a name", expert.group.PROTOCOL, expert.severity.NOTE),
  reserved = ProtoExpert.new("theragun_gen4.reserved_bits", "Reserved bits are set", expert.group.MALFORMED, expert.severity.ERROR),
  constant = ProtoExpert.new("theragun_gen4.unexpected_constant", "Another value than the only one", expert.group.MALFORMED, expert.severity.ERROR),
  long = ProtoExpert.new("theragun_gen4.too_long", "More bytes than one value can have", expert.group.MALFORMED, expert.severity.ERROR),
  checksum = ProtoExpert.new("theragun_gen4.checksum", "Another checksum than that of the bytes", expert.group.CHECKSUM, expert.severity.ERROR),
  trailing = ProtoExpert.new("theragun_gen4.trailing", "Bytes behind the last known field", expert.group.PROTOCOL, expert.severity.NOTE),
}
theragun_gen4.experts = experts

local sizes = { u8 = 1, u16 = 2, u32 = 4, u64 = 8, i8 = 1, i16 = 2, i32 = 4, i64 = 8 }
local kinds = {
  u8 = "uint8", u16 = "uint16", u32 = "uint32", u64 = "uint64", i8 = "int8", i16 = "int16", i32 = "int32", i64 = "int64",
}
local all = {}

local function proto_field(abbreviation, spec)
  if spec.type == "bytes" then return ProtoField.bytes(abbreviation, spec.title, base.SPACE, spec.doc) end
  local make = ProtoField[kinds[spec.type]]
  if spec.values then return make(abbreviation, spec.title, base.HEX, spec.values, nil, spec.doc) end
  if spec.flags then return make(abbreviation, spec.title, base.HEX, nil, nil, spec.doc) end
  if spec.unit then return make(abbreviation, spec.title, base.UNIT_STRING, { spec.unit }, nil, spec.doc) end
  return make(abbreviation, spec.title, spec.hex and base.HEX or base.DEC, nil, nil, spec.doc)
end

-- Gives every field its ProtoField, named after its place in the specification.
local function define(prefix, specs)
  local fields = {}
  for _, spec in ipairs(specs) do
    local field = setmetatable({}, { __index = spec })
    field.path = prefix .. "." .. spec.name
    if spec.record then
      field.proto = ProtoField.none(field.path, spec.title, spec.doc)
      field.fields = define(field.path, spec.record)
    else
      field.proto = proto_field(field.path, spec)
      field.bits = {}
      for _, flag in ipairs(spec.flags or {}) do
        local mask = UInt64(1):lshift(flag.bit):tonumber()
        local bit = ProtoField.bool(field.path .. "." .. flag.name, flag.name, 8 * sizes[spec.type], nil, mask, flag.doc)
        table.insert(field.bits, bit)
        table.insert(all, bit)
      end
    end
    table.insert(all, field.proto)
    table.insert(fields, field)
  end
  return fields
end

for name, message in pairs(messages) do
  message.proto = ProtoField.none("theragun_gen4." .. name, message.title)
  table.insert(all, message.proto)
  message.header = define("theragun_gen4." .. name, message.header)
  for _, variant in ipairs(message.variants or {}) do
    variant.fields = define("theragun_gen4." .. name .. "." .. variant.name, variant.fields)
  end
end
theragun_gen4.fields = all

local function number(range, kind)
  local signed, size = kind:sub(1, 1) == "i", sizes[kind]
  if size == 8 then return nil end
  if signed then return range:int() end
  return range:uint()
end

-- The low eight bits of the sum of the bytes from an offset to the end.
local function sum8(tvb, from)
  local sum = 0
  for place = from, tvb:len() - 1 do sum = sum + tvb:range(place, 1):uint() end
  return sum % 256
end

local function check(item, field, value, tvb)
  if value == nil then return end
  if field.special and field.special[value] then
    item:append_text(" (" .. field.special[value] .. ")")
  elseif field.minimum and (value < field.minimum or value > field.maximum) then
    item:add_proto_expert_info(experts.range, string.format("%d is outside %d...%d", value, field.minimum, field.maximum))
  end
  if field.values and not field.values[value] then
    item:add_proto_expert_info(field.open and experts.newer or experts.unknown)
  end
  if field.known and bit.band(value, bit.bnot(field.known)) ~= 0 then
    item:add_proto_expert_info(experts.reserved)
  end
  if field.constant and value ~= field.constant then item:add_proto_expert_info(experts.constant) end
  if field.checksum_from and tvb:len() >= field.checksum_from and value ~= sum8(tvb, field.checksum_from) then
    item:add_proto_expert_info(experts.checksum, string.format("The bytes sum up to 0x%02X", sum8(tvb, field.checksum_from)))
  end
end

-- Whether the fixed bytes and the checksum of the header are there.
local function identifies(message, tvb)
  local offset = 0
  for _, field in ipairs(message.header) do
    local size = sizes[field.type]
    if offset + size > tvb:len() then return false end
    local value = number(tvb:range(offset, size), field.type)
    if field.constant and value ~= field.constant then return false end
    if field.checksum_from and (tvb:len() < field.checksum_from or value ~= sum8(tvb, field.checksum_from)) then return false end
    offset = offset + size
  end
  return true
end

-- Adds the fields from an offset on. Returns the offset behind them, or nil when the value ends too early.
local function dissect(tvb, tree, fields, offset, seen)
  for _, field in ipairs(fields) do
    if field.record then
      local item = tree:add(field.proto, tvb:range(math.min(offset, tvb:len() - 1)))
      local from = offset
      offset = dissect(tvb, item, field.fields, offset, {})
      if not offset then return nil end
      item:set_len(offset - from)
    elseif field.type == "bytes" then
      local length = tvb:len() - offset
      if length < field.minimum_length then
        tree:add_proto_expert_info(experts.truncated, field.path .. " is missing")
        return nil
      end
      if length > 0 then tree:add(field.proto, tvb:range(offset)) end
      offset = tvb:len()
    else
      local size = sizes[field.type]
      if offset + size > tvb:len() then
        tree:add_proto_expert_info(experts.truncated, field.path .. " is not whole")
        return nil
      end
      local range = tvb:range(offset, size)
      local item = tree:add(field.proto, range)
      for _, flag in ipairs(field.bits) do item:add(flag, range) end
      local value = number(range, field.type)
      check(item, field, value, tvb)
      seen[field.name] = value
      offset = offset + size
    end
  end
  return offset
end

local function agrees(variant, seen)
  for name, value in pairs(variant.when) do
    if seen[name] ~= value then return false end
  end
  return true
end

local function dissect_message(name, tvb, pinfo, tree)
  local message = messages[name]
  if not identifies(message, tvb) then return 0 end
  local subtree = tree:add(theragun_gen4, tvb:range(), "Theragun generation 4 " .. message.title)
  subtree:add("Unofficial: from the public documentation of the Buttplug project (docs.buttplug.io, stpihkal/protocols/theragun, issue stpihkal#127), made for interoperability, not tried on hardware."):set_generated(true)
  subtree:add(message.proto, tvb:range()):set_hidden(true)
  local summary = message.title
  local seen = {}
  local offset = dissect(tvb, subtree, message.header, 0, seen)
  if offset and message.variants then
    local found
    for _, variant in ipairs(message.variants) do
      if agrees(variant, seen) then found = variant break end
    end
    if found then
      summary = summary .. ": " .. found.name
      subtree:append_text(": " .. found.name)
      offset = dissect(tvb, subtree, found.fields, offset, seen)
    elseif message.otherwise == "error" then
      subtree:add_proto_expert_info(experts.unknown, "No variant agrees with the header")
      offset = nil
    end
  end
  if tvb:len() > message.maximum_length and offset == tvb:len() then subtree:add_proto_expert_info(experts.long) end
  if offset and offset < tvb:len() and message.exact then
    subtree:add_proto_expert_info(experts.long)
  elseif offset and offset < tvb:len() then
    subtree:add_proto_expert_info(experts.trailing, (tvb:len() - offset) .. " bytes behind the last known field")
  end
  pinfo.cols.protocol = "Theragun generation 4"
  pinfo.cols.info:append(", " .. summary)
  return tvb:len()
end

-- Which end speaks follows from the ATT opcode: these are written by the central.
local att_opcode = Field.new("btatt.opcode")
local from_central = { [0x12] = true, [0x16] = true, [0x52] = true, [0xD2] = true }

for _, characteristic in ipairs(characteristics) do
  local proto = Proto("theragun_gen4_" .. characteristic.name, "Theragun generation 4 " .. characteristic.title)
  function proto.dissector(tvb, pinfo, tree)
    if tvb:len() == 0 then return 0 end
    local opcodes = { att_opcode() }
    local opcode = #opcodes > 0 and opcodes[#opcodes].value or 0x1B
    local name = characteristic.to_central
    if from_central[opcode] then name = characteristic.to_peripheral end
    if not name then return 0 end
    return dissect_message(name, tvb, pinfo, tree)
  end
  DissectorTable.get("bluetooth.uuid"):add(characteristic.uuid, proto)
  DissectorTable.get("btatt.handle"):add_for_decode_as(proto)
end
