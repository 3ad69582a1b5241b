import PercussWire

/// One message's codec behind functions of arrays, so that one test can run over all of them.
struct MessageCodec: Sendable {
  /// What the bytes say, in the names of the specification.
  var view: @Sendable (_ bytes: [UInt8]) throws(WireError) -> JSONValue
  /// The same with numbers for enumerations and flags.
  var numbers: @Sendable (_ bytes: [UInt8]) throws(WireError) -> JSONValue
  /// Decodes, then encodes what came out into storage of this many bytes; as many as it needs, without a capacity.
  var reencode: @Sendable (_ bytes: [UInt8], _ capacity: Int?) throws(WireError) -> [UInt8]
  var maximumLength: Int

  /// By the name of the message in the specification, behind the folder of its protocol. A vector file of a message that is not here fails its tests.
  static let all: [String: MessageCodec] = [
    "device_feature": .of(DeviceFeature.self),
    "control_request": .of(ControlRequest.self),
    "control_response": .of(ControlResponse.self),
    "telemetry": .of(Telemetry.self),
    "device_event": .of(DeviceEvent.self),
    "routine_data": .of(RoutineData.self),
    "routine_status": .of(RoutineStatus.self),
    "clock_request": .of(ClockRequest.self),
    "clock_reply": .of(ClockReply.self),
    "theragun-gen4/request": .of(TheragunRequest.self),
    "theragun-gen4/notification": .of(TheragunNotification.self),
  ]

  private static func of<Message: WireMessage>(_: Message.Type) -> MessageCodec {
    MessageCodec(
      view: { bytes throws(WireError) in JSONView(source: bytes).of(try Message(bytes)) },
      numbers: { bytes throws(WireError) in JSONView(source: bytes, names: false).of(try Message(bytes)) },
      reencode: { bytes, capacity throws(WireError) in
        let message = try Message(bytes)
        return try encoding(capacity: capacity ?? message.encodedLength) { output throws(WireError) in
          // A chunk's payload lies in the bytes it was decoded from.
          if let data = message as? RoutineData, case .chunk(let transfer, let offset, let payload) = data.body {
            try RoutineData.encodeChunk(
              transfer: transfer, offset: offset, payload: bytes.span.bytes.extracting(payload), into: &output)
          } else {
            try message.encode(into: &output)
          }
        }
      },
      maximumLength: Message.maximumLength)
  }
}

/// The bytes that `body` appends to storage of a fixed capacity; what it throws must have appended nothing.
func encoding<Failure: Error>(
  capacity: Int, _ body: (inout OutputRawSpan) throws(Failure) -> Void
) throws(Failure) -> [UInt8] {
  let storage = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 1)
  defer { storage.deallocate() }
  var output = OutputRawSpan(buffer: storage, initializedCount: 0)
  do throws(Failure) {
    try body(&output)
  } catch {
    let written = output.finalize(for: storage)
    precondition(written == 0, "\(written) bytes were appended before \(error) was thrown")
    throw error
  }
  let written = output.finalize(for: storage)
  return Array(storage[..<written])
}

extension WireError {
  /// The error as the vectors write it. Which parameter it is, only requests say.
  func json(ofRequest: Bool) -> JSONValue {
    let reason = Mirror(reflecting: reason).children.first
    var members: [String: JSONValue] = [
      "reason": .string(specificationName(reason?.label ?? "\(self.reason)")),
      "offset": .integer(Int64(offset)),
      "field": .string("\(field)"),
    ]
    let unlabelled: String
    switch self.reason {
    case .unknownValue: unlabelled = "value"
    case .reservedBits: unlabelled = "bits"
    default: unlabelled = ""
    }
    if let value = reason?.value as? Int64 {
      members[unlabelled] = .integer(value)
    } else if let reason {
      for detail in Mirror(reflecting: reason.value).children {
        members[detail.label ?? ""] = JSONView(source: []).of(detail.value)
      }
    }
    if ofRequest, let parameter = field.parameterIndex { members["parameter"] = .integer(Int64(parameter)) }
    return .object(members)
  }
}
