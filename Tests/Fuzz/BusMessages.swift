import CDBus
import Glibc
@testable import PercussDBus

/// libFuzzer's entry for the messages of the bus. The first byte chooses what the others are:
/// 0: the bytes of a message, as they would come over the socket;
/// 1: the random numbers of a generator of messages, which are then read;
/// 2: those of a generator of values right and wrong, which are then written: libdbus would end the process over a wrong one;
/// 3: those of a generator of values that are written again and again with other bytes in them, as copies of a model.
@c func LLVMFuzzerTestOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  let bytes = UnsafeRawBufferPointer(start: data, count: size)
  guard let mode = bytes.first else { return 0 }
  let rest = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
  switch mode % 4 {
  case 0: read(rest)
  case 1:
    var values = RandomValues(rest)
    var message = WireMessage(kind: .signal, serial: 1, path: "/a", interface: "a.b", member: "C")
    message.sender = values.chance(0.9) ? ":1.1" : nil
    message.body = (0..<values.number(1...3)).map { _ in values.value() }
    var (wire, _) = message.marshalled()
    for _ in 0..<(values.chance(0.3) ? 1 : 0) { wire[values.number(0...wire.count - 1)] = values.integer() }
    wire.withUnsafeBytes { read($0) }
  case 2:
    var values = RandomValues(rest)
    write(&values)
  default:
    var values = RandomValues(rest)
    writeAgain(&values)
  }
  return 0
}

/// Whatever libdbus takes for a message, the reader reads or refuses; what it has read can be written, and reads the same again.
private func read(_ bytes: UnsafeRawBufferPointer) {
  guard let start = bytes.baseAddress, bytes.count <= Int(CInt.max) else { return }
  let raw = dbus_message_demarshal(start.assumingMemoryBound(to: CChar.self), CInt(bytes.count), nil)
  guard let message = Message(owning: raw) else { return }
  _ = (message.kind, message.serial, message.replySerial, message.sender, message.interface, message.member)
  _ = (message.errorName, message.signature, message.path, message.expectsReply)
  guard let values = try? message.values(limit: 1 << 16) else { return }
  expectSame(values)
}

private func write(_ values: inout RandomValues) {
  let arguments = (0..<values.number(0...3)).map { _ in anything(&values, depth: 0) }
  let signal = Signal(
    path: values.path(), interface: name(&values, "org.bluez.Device1"), member: name(&values, "Connect"),
    arguments: arguments,
    destination: values.chance(0.5) ? nil : name(&values, ":1.7"))
  guard let message = try? Message.signal(signal, byteLimit: 1 << 20) else { return }
  guard let back = try? message.values(limit: 1 << 16) else { return }
  // What was written is what was meant; descriptors are other objects at the other end.
  guard marshalled(back) == marshalled(arguments) else { fail("\(arguments) came back as \(back)") }
}

private func writeAgain(_ values: inout RandomValues) {
  var templates = MessageTemplates()
  let first = (0..<values.number(1...3)).map { _ in
    values.chance(0.5) ? DBusValue.bytes(values.bytes(atMost: 20)) : values.value()
  }
  let key = MessageTemplates.Key(isSignal: true, path: .root, interface: "a.b", member: "C")
  for _ in 0..<4 {
    let arguments = first.map { withOtherBytes($0, &values) }
    let signal = Signal(path: .root, interface: "a.b", member: "C", arguments: arguments)
    let read: [DBusValue]?
    do throws(DBusFailure) {
      let message = try templates.message(key, arguments) { () throws(DBusFailure) in
        try Message.signal(signal, byteLimit: 1 << 20)
      }
      read = try message.values(limit: 1 << 16)
    } catch {
      read = nil
    }
    guard let back = read else { return }
    guard marshalled(back) == marshalled(arguments) else { fail("\(arguments) were sent as \(back)") }
  }
}

/// The same, but for the contents of byte arrays, and seldom their lengths.
private func withOtherBytes(_ value: DBusValue, _ values: inout RandomValues) -> DBusValue {
  switch value {
  case .bytes(let bytes):
    values.chance(0.05) ? .bytes(values.bytes(atMost: 20)) : .bytes(bytes.map { $0 ^ values.integer() })
  case .variant(let content): .variant(withOtherBytes(content, &values))
  case .structure(let members): .structure(members.map { withOtherBytes($0, &values) })
  case .array(let elements, let type): .array(elements.map { withOtherBytes($0, &values) }, of: type)
  case .dictionary(let entries, let key, let type):
    .dictionary(entries.map { .init($0.key, withOtherBytes($0.value, &values)) }, key: key, value: type)
  default: value
  }
}

private func expectSame(_ values: [DBusValue]) {
  let signal = Signal(path: .root, interface: "a.b", member: "C", arguments: values)
  guard let message = try? Message.signal(signal, byteLimit: 1 << 24), let back = try? message.values(limit: 1 << 17)
  else {
    fail("\(values) was read, but cannot be written and read again")
  }
  guard marshalled(back) == marshalled(values) else { fail("\(values) came back as \(back)") }
}

private func marshalled(_ values: [DBusValue]) -> [UInt8] {
  WireMessage(kind: .signal, serial: 1, body: values).marshalled().bytes
}

private func name(_ values: inout RandomValues, _ good: String) -> String { values.chance(0.9) ? good : values.text() }

/// A value that may be none: elements of other types than stated, zero bytes, too deep, empty structures.
private func anything(_ values: inout RandomValues, depth: Int) -> DBusValue {
  guard depth < 70 else { return .byte(0) }
  func some(_ values: inout RandomValues) -> [DBusValue] {
    (0..<values.number(0...3)).map { _ in anything(&values, depth: depth + 1) }
  }
  switch values.number(0...9) {
  case 0: return .array(some(&values), of: values.type())
  case 1:
    let elements = some(&values)
    return .array(elements, of: elements.first?.signature ?? .string)
  case 2:
    let keys = some(&values)
    return .dictionary(
      keys.map { .init($0, anything(&values, depth: depth + 1)) }, key: keys.first?.signature ?? .string,
      value: .variant)
  case 3: return .dictionary([], key: values.type(), value: values.type())
  case 4: return .structure(some(&values))
  case 5: return .variant(anything(&values, depth: depth + 1))
  case 6: return .string("a\0b")
  case 7: return .array([], of: Signature("ii") ?? .empty)
  default: return values.value()
  }
}

private func fail(_ reason: String) -> Never {
  print("bus messages: \(reason)")
  fflush(nil)
  abort()
}
