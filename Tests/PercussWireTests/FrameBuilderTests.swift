import PercussWire
import Testing

/// Frames from names and texts.
struct FrameBuilderTests {
  func bytes(_ name: String, _ values: [(String, String)]) throws -> [UInt8] {
    let builders = FrameBuilder.named(name)
    try #require(builders.count == 1, "\(name)")
    return try builders[0].bytes(values.map { (name: $0.0, text: $0.1) })
  }

  func build(_ name: String, _ values: (String, String)...) throws -> String { hexadecimal(try bytes(name, values)) }

  func refusal(_ name: String, _ values: (String, String)...) throws -> FrameBuilderError {
    try #require(throws: FrameBuilderError.self) { try bytes(name, values) }
  }

  @Test(arguments: try MessageVectorTests.files())
  func `builds every golden frame from the texts that describe it`(file: VectorFile) throws {
    let message = try file.schema
    for vector in file.vectors {
      let frame = try FrameDescription(decoding: vector.bytes.bytes, as: message)
      for variant in [frame.variant, nil] {
        let builder = FrameBuilder(message, variant: variant)
        let fixed = Set(variant?.when.map(\.field) ?? [])
        let values = frame.fields.filter { $0.schema.isGiven && !fixed.contains($0.name) }
          .map { (name: $0.name, text: Self.text($0)) }
        #expect(try hexadecimal(builder.bytes(values)) == hexadecimal(vector.encoded), "\(vector.name)")
        if variant != nil { #expect(builder.fields.map(\.name) == values.map(\.name), "\(vector.name)") }
      }
    }
  }

  private static func text(_ field: FrameField) -> String {
    guard let number = field.number else { return hexadecimal(field.bytes) }
    switch field.schema.type {
    case .enumeration where field.meaning != "unknown", .flags: return field.meaning
    default: return String(number)
    }
  }

  @Test(arguments: [
    ("500", "f4 01"), ("0x1F4", "f4 01"), ("500ms", "f4 01"), ("500 ms", "f4 01"), ("0.5s", "f4 01"),
    ("0.5 S", "f4 01"),
    ("500000us", "f4 01"), ("500000 µs", "f4 01"), ("1min", "60 ea"), ("0.0500s", "32 00"), ("0", "00 00"),
  ])
  func `a duration in any unit`(text: String, bytes: String) throws {
    let built = try build("set_speed", ("sequence", "7"), ("flags", "none"), ("speed", "1900ppm"), ("ramp", text))
    #expect(built == "13 07 00 6c 07 " + bytes)
  }

  @Test(arguments: [
    "", "-", "x", "5 parsecs", "1,5s", "1.", ".5s", "1.5", "0.0001s", "65536", "70s 5", "0x", "0x10000", "0x-1", "- 5",
    "1 0",
    "99999999999999999999999999999999999999999999", "99999999999999999999 h", "500ppm",
  ])
  func `a text that is no such duration is refused`(text: String) throws {
    let error = try refusal("set_speed", ("sequence", "7"), ("flags", "none"), ("speed", "0"), ("ramp", text))
    guard case .invalidText(text, "ramp", _) = error else {
      Issue.record("\(error)")
      return
    }
    #expect("\(error)".hasPrefix("'\(text)' cannot be the value of 'ramp': "))
  }

  @Test func `the range is the codec's matter`() throws {
    for text in ["60001", "60.001 s"] {
      let error = try refusal("set_speed", ("sequence", "7"), ("flags", ""), ("speed", "0"), ("ramp", text))
      let expected = WireError(
        .outOfRange(value: 60001, minimum: 0, maximum: 60000), at: 5, .controlRequestSetSpeedRamp)
      #expect(error == .refused(expected))
    }
    let negative = try refusal("set_speed", ("sequence", "7"), ("flags", ""), ("speed", "0"), ("ramp", "-5ms"))
    #expect("\(negative)" == "'-5ms' cannot be the value of 'ramp': it must fit 16 bits, 0...65535")
  }

  @Test func `forces, temperatures and special values`() throws {
    #expect(try build("set_force_limit", ("sequence", "0"), ("flags", "0"), ("force", "62.5 N")) == "14 00 00 71 02")
    #expect(try build("set_force_limit", ("sequence", "0"), ("flags", "0"), ("force", "625")) == "14 00 00 71 02")
    #expect(
      try build("set_timer", ("sequence", "0"), ("flags", "0"), ("duration", "disabled")) == "15 00 00 00 00 00 00")
    let error = try refusal("set_force_limit", ("sequence", "0"), ("flags", "0"), ("force", "62.55N"))
    #expect(
      "\(error)" == "'62.55N' cannot be the value of 'force': it is finer than the field, which counts 0.1 N")
  }

  @Test func `flags by name, number and bit`() throws {
    let all = ["stall, overheat", "stall|overheat", "0x3", "bit_0 bit_1", "overheat+stall"]
    for text in all {
      let built = try build(
        "telemetry", ("counter", "1"), ("state", "idle"), ("time", "1 h"), ("speed", "0"),
        ("target", "0"),
        ("force", "0"), ("temperature", "-10.5°C"), ("battery", "100%"), ("step", "65535"), ("remaining", "1min"),
        ("faults", text))
      #expect(built == "01 00 80 ee 36 00 00 00 00 00 00 00 97 ff 64 ff ff 3c 00 03", "\(text)")
    }
    let error = try refusal("stop", ("sequence", "0"), ("flags", "quite"))
    #expect(error == .unknownWord("quite", field: "flags", known: ["quiet", "none"]))
    #expect(
      try refusal("stop", ("sequence", "0"), ("flags", "bit_7"))
        == .refused(WireError(.reservedBits(0x80), at: 2, .controlRequestFlags)))
    #expect(
      try refusal("stop", ("sequence", "0"), ("flags", "bit_8"))
        == .unknownWord("bit_8", field: "flags", known: ["quiet", "none"]))
  }

  @Test func `names that are missing, unknown or given twice`() throws {
    #expect(try refusal("set_speed", ("speed", "0")) == .missingFields(["sequence", "flags", "ramp"]))
    #expect(try refusal("set_speed", ("sequence", "0"), ("flags", "0")) == .missingFields(["speed", "ramp"]))
    #expect(
      try refusal("set_speed", ("sequence", "0"), ("flags", "0"), ("sped", "0"), ("ramp", "0"))
        == .unknownField("sped", known: ["sequence", "flags", "speed", "ramp"]))
    #expect(try refusal("stop", ("sequence", "0"), ("flags", "0"), ("op_code", "stop")).description.contains("op_code"))
    #expect(try refusal("stop", ("sequence", "0"), ("sequence", "0")) == .repeatedField("sequence"))
  }

  @Test func `without a variant the header selects it`() throws {
    let header = [("op_code", "routine_seek"), ("sequence", "9"), ("result", "success"), ("state", "routine")]
    #expect(
      try build("control_response", header[0], header[1], header[2], header[3], ("step", "258"))
        == "80 25 09 01 03 02 01")
    #expect(
      try refusal("control_response", header[0], header[1], header[2], header[3])
        == .missingFields(["step"]))
    #expect(
      try build("control_response", ("op_code", "stop"), header[1], header[2], header[3])
        == "80 10 09 01 03")
    let error = try refusal("control_request", ("op_code", "0x7e"), ("sequence", "0"), ("flags", "0"))
    #expect(error == .refused(WireError(.unknownValue(0x7E), at: 0, .controlRequestOpCode)))
    guard
      case .unknownWord("sope", "op_code", _) = try refusal(
        "control_request", ("op_code", "sope"), ("sequence", "0"), ("flags", ""))
    else {
      Issue.record("a word without a meaning")
      return
    }
  }

  @Test func `a payload is hexadecimal, and neither empty nor too long`() throws {
    let values = [("transfer", "2"), ("offset", "256 B")]
    #expect(try build("chunk", values[0], values[1], ("payload", "aA:0b 0C")) == "01 02 00 01 00 00 aa 0b 0c")
    for text in ["a", "xx", "aé"] {
      guard case .invalidText = try refusal("chunk", values[0], values[1], ("payload", text)) else {
        Issue.record("\(text)")
        continue
      }
    }
    for count in [0, 507] {
      let payload = String(repeating: "00", count: count)
      guard case .refused = try refusal("chunk", values[0], values[1], ("payload", payload)) else {
        Issue.record("\(count) bytes")
        continue
      }
    }
  }

  @Test func `64 bits are kept whole`() throws {
    let built = try build("clock_request", ("sequence", "1"), ("central_time", "18446744073709551615"))
    #expect(built == "01 01 ff ff ff ff ff ff ff ff")
    let hours = try build("clock_request", ("sequence", "1"), ("central_time", "1.5 h"))
    #expect(hours == "01 01 00 76 dd 41 01 00 00 00")
  }

  @Test func `every variant and message has a name to build it by`() {
    for specification in WireSchema.specifications {
      for builder in FrameBuilder.all(in: specification) {
        #expect(FrameBuilder.named(builder.name, in: specification).map(\.name) == [builder.name])
        #expect(Set(builder.fields.map(\.name)).count == builder.fields.count, "\(builder.name) has a field name twice")
        guard let variant = builder.variant else { continue }
        #expect(FrameBuilder.named(variant.name, in: specification).contains { $0.name == builder.name })
      }
    }
    #expect(FrameBuilder.named("halt").isEmpty)
  }
}
