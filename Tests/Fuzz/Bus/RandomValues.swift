import Glibc
import PercussDBus
import PercussTime

/// Values as a hostile peer chooses them: of any type, empty, extreme, deeply nested, and often just beside the plausible.
struct RandomValues {
  var random: Chance

  init(seed: UInt64) {
    random = Chance(generator: SeededGenerator(seed: seed))
  }

  /// - Parameter bytes: what is drawn first; a fuzzer that varies them varies the values.
  init(_ bytes: UnsafeRawBufferPointer) {
    random = Chance(bytes: bytes[...], generator: SeededGenerator(seed: 0))
  }

  /// Draws from bytes as long as there are some, two at a time, and then from a generator.
  struct Chance: RandomNumberGenerator {
    var bytes: Slice<UnsafeRawBufferPointer> = UnsafeRawBufferPointer(start: nil, count: 0)[...]
    var generator: SeededGenerator

    mutating func next() -> UInt64 {
      guard let first = bytes.popFirst() else { return generator.next() }
      // To the upper bits, which decide over ranges and probabilities; the lower ones decide over what is cut to a few bits.
      let drawn = UInt64(first) << 8 | UInt64(bytes.popFirst() ?? 0)
      return drawn << 48 | drawn
    }
  }

  mutating func chance(_ probability: Double) -> Bool { Double(random.next() >> 11) * 0x1p-53 < probability }

  mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

  mutating func element<Elements: RandomAccessCollection>(_ elements: Elements) -> Elements.Element {
    elements[elements.index(elements.startIndex, offsetBy: Int.random(in: 0..<elements.count, using: &random))]
  }

  mutating func bytes(atMost limit: Int) -> [UInt8] {
    (0..<number(0...limit)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }

  private static let integers: [UInt64] = [
    0, 1, 2, 22, 23, 127, 128, 247, 255, 256, 512, 517, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF,
    0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, .max,
  ]

  mutating func integer<I: FixedWidthInteger>(_: I.Type = I.self) -> I {
    I(truncatingIfNeeded: chance(0.7) ? element(Self.integers) : random.next())
  }

  private static let texts = [
    "", " ", "hci0", "central", "le", "notify", "read", "write", "indicate", "write-without-response", "Connected",
    "C8:2E:47:0A:11:02", "c8:2e:47:0a:11:02", "C8:2E:47:0A:11", "ZZ:ZZ:ZZ:ZZ:ZZ:ZZ", "org.bluez", "org.bluez.Device1",
    "org.bluez.Adapter1", "org.bluez.GattCharacteristic1", "org.freedesktop.DBus", ":1.1", ":1.99999999",
    "7e320001-bf34-4597-a0b9-83277511650e", "7E320003-BF34-4597-A0B9-83277511650E",
    "0000180a-0000-1000-8000-00805f9b34fb",
    "7e320001", "-", "0x81", "Operation failed with ATT error: 0x0e", "Operation failed with ATT error: 0xzz",
    "Operation failed with ATT error: 0x99999999999999999999", "le-connection-abort-by-local", "🥁", "e\u{301}",
    "\u{FFFD}",
    "\u{1}\u{7F}", "random", "public",
  ]

  mutating func text() -> String {
    switch number(0...20) {
    case 0: String(repeating: element(Self.texts), count: number(0...2000))
    case 1: String((0..<number(0...40)).map { _ in Character(Unicode.Scalar(UInt8(number(1...127)))) })
    default: element(Self.texts)
    }
  }

  mutating func path() -> ObjectPath {
    switch number(0...9) {
    case 0: .root
    case 1: (0..<number(1...60)).reduce(.root) { path, _ in path.appending("a") }
    case 2: ObjectPath("/org/bluez/hci0/dev_") ?? .root
    default: ObjectPath(element(Tree.paths)) ?? .root
    }
  }

  /// A single complete type; deeper types get rarer.
  mutating func type(depth: Int = 0) -> Signature {
    let letters = depth < 6 && chance(0.35) ? "av(" : "ybnqiuxtdsogh"
    switch element(Array(letters)) {
    case "a" where chance(0.5):
      let key = Signature(String(element(Array("ybnqiuxtdsog")))) ?? .string
      return Signature("a{\(key)\(type(depth: depth + 1))}") ?? .string
    case "a": return Signature("a\(type(depth: depth + 1))") ?? .string
    case "(":
      let members = (0..<number(1...4)).map { _ in type(depth: depth + 1).description }.joined()
      return Signature("(\(members))") ?? .string
    case "v": return .variant
    case let letter: return Signature(String(letter)) ?? .string
    }
  }

  /// A value of any type.
  mutating func value() -> DBusValue { value(of: type()) }

  /// A value of this type.
  mutating func value(of type: Signature, depth: Int = 0) -> DBusValue {
    let letters = Array(type.description)
    // Few, so that the product over all levels stays small.
    let count = depth == 0 ? number(0...12) : number(0...3)
    switch letters.first {
    case "y": return .byte(integer())
    case "b": return .boolean(chance(0.5))
    case "n": return .int16(integer())
    case "q": return .uint16(integer())
    case "i": return .int32(integer())
    case "u": return .uint32(integer())
    case "x": return .int64(integer())
    case "t": return .uint64(integer())
    case "d":
      return .double(element([0, -0.0, .infinity, .nan, .greatestFiniteMagnitude, Double(bitPattern: random.next())]))
    case "s": return .string(text())
    case "o": return .objectPath(path())
    case "g": return .signature(self.type())
    case "h": return .descriptor(Self.descriptor(number(0...3)))
    case "v": return .variant(depth > 24 ? .byte(0) : value(of: self.type(depth: depth), depth: depth + 1))
    case "(":
      let members = Signature(String(letters.dropFirst().dropLast()))?.elements ?? []
      return .structure(members.map { value(of: $0, depth: depth + 1) })
    case "a":
      let element = String(letters.dropFirst())
      if element == "y" { return .bytes(bytes(atMost: chance(0.05) ? 70_000 : 40)) }
      if element.hasPrefix("{") {
        let key = Signature(String(letters[2])) ?? .string
        let content = Signature(String(letters[3..<letters.count - 1])) ?? .string
        return .dictionary(
          (0..<count).map { _ in .init(value(of: key, depth: depth + 1), value(of: content, depth: depth + 1)) },
          key: key, value: content)
      }
      let type = Signature(element) ?? .string
      return .array((0..<count).map { _ in value(of: type, depth: depth + 1) }, of: type)
    default: return .byte(0)
    }
  }

  /// Something open that is not what anybody expects behind a descriptor.
  private static func descriptor(_ kind: Int) -> PassedDescriptor {
    switch kind {
    case 0: return PassedDescriptor(owning: open("/dev/null", O_RDWR | O_CLOEXEC))
    case 1: return PassedDescriptor(owning: open("/dev/zero", O_RDONLY | O_CLOEXEC))
    case 2: return PassedDescriptor(owning: socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
    default: return PassedDescriptor(owning: open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC))
    }
  }

  /// The value, or something else in its place.
  mutating func mangled(_ value: DBusValue, _ probability: Double) -> DBusValue {
    guard chance(probability) else { return value }
    switch number(0...3) {
    case 0: return .variant(value)
    case 1: return self.value(of: value.signature)
    default: return self.value()
    }
  }
}
