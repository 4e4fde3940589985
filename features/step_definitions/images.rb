# SPDX-License-Identifier: MIT
# Damaged images, made from good ones: a copy, with one thing changed.

# Where the fields of a PE32+ image lie, counted from the PE signature.
FIELDS = {
  'machine type' => [4, 'S<'],
  'number of sections' => [6, 'S<'],
  'characteristics' => [22, 'S<'],
  'optional header kind' => [24, 'S<'],
  'entry point' => [40, 'L<'],
  'section alignment' => [56, 'L<'],
  'image size' => [80, 'L<'],
  'headers size' => [84, 'L<'],
  'subsystem' => [92, 'S<'],
  'import directory' => [144, 'L<']
}.freeze

def copy_with(name, original)
  bytes = read(original)
  yield bytes, bytes[0x3C, 4].unpack1('L<')
  write(name, bytes)
end

Given(/^"([^"]*)" is a copy of "([^"]*)"$/) do |name, original|
  write(name, read(original))
end

Given(/^"([^"]*)" is a copy of "([^"]*)" that is cut to (\d+) bytes$/) do |name, original, size|
  write(name, read(original)[0, size.to_i])
end

Given(/^"([^"]*)" is a copy of "([^"]*)" with the (.*) (0x\h+)$/) do |name, original, field, value|
  offset, format = FIELDS.fetch(field)
  copy_with(name, original) do |bytes, signature|
    packed = [value.hex].pack(format)
    bytes[signature + offset, packed.length] = packed
  end
end

Given(/^"([^"]*)" is a copy of "([^"]*)" whose second section lies at (0x\h+)$/) do |name, from, rva|
  copy_with(name, from) do |bytes, signature|
    table = signature + 24 + bytes[signature + 20, 2].unpack1('S<')
    bytes[table + 40 + 12, 4] = [rva.hex].pack('L<')
  end
end
