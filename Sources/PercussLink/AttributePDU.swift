import PercussGATT

/// What travels on the in-memory radio: the ATT PDUs of a GATT connection (Core Vol 3 Part F 3.4) whose handles are discovered already.
enum AttributePDU: Sendable {
  case request(AttributeRequest)
  case response(Result<[UInt8], ATTError>)
  case command([UInt8], BluetoothUUID)
  case notification([UInt8], BluetoothUUID)
  case indication([UInt8], BluetoothUUID)
  case confirmation

  /// ATT knows the fate of these: they have an answer, or are one.
  var isAcknowledged: Bool {
    switch self {
    case .request, .response, .indication, .confirmation: true
    case .command, .notification: false
    }
  }
}

/// A request of the central; the peripheral answers each with one response.
enum AttributeRequest: Sendable {
  /// Read, or Read Blob when the offset is not zero.
  case read(BluetoothUUID, offset: Int)
  case write([UInt8], BluetoothUUID)
  /// A write of the Client Characteristic Configuration.
  case configure(BluetoothUUID, isSubscribed: Bool)

  var characteristic: BluetoothUUID {
    switch self {
    case .read(let uuid, _), .write(_, let uuid), .configure(let uuid, _): uuid
    }
  }

  /// For the error when no answer comes.
  var description: String {
    let name = Profile.percuss.name(of: characteristic)
    return switch self {
    case .read: "the value of \(name)"
    case .write: "the response to a write to \(name)"
    case .configure(_, isSubscribed: true): "the response to a subscription to \(name)"
    case .configure: "the response to the end of a subscription to \(name)"
    }
  }
}
