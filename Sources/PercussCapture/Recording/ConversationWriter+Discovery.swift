internal import PercussGATT
internal import PercussTime

// The discovery of everything, as if the central had made it (Core Vol 3 Part G 4.4.1, 4.6.1 and 4.7.1).
extension ConversationWriter {
  func recordDiscovery(at instant: MonotonicInstant, _ log: inout MonitorLog) {
    let services = layout.services.map { service in
      Item(
        last: service.handles.upperBound,
        entry: bytes(service.handles.lowerBound) + bytes(service.handles.upperBound) + service.uuid.attributeBytes)
    }
    recordPages(of: services, in: 1...UInt16.max, 0x10, type: [0x00, 0x28], at: instant, &log)
    for service in layout.services {
      let declarations = service.attributes.compactMap { attribute in
        attribute.declared.map { characteristic in
          Item(
            last: attribute.handle,
            entry: bytes(attribute.handle) + [characteristic.properties.rawValue] + bytes(attribute.handle &+ 1)
              + characteristic.uuid.attributeBytes)
        }
      }
      // The type in its long form, which is as good: btmon 5.66 crashes over a request with the short one.
      recordPages(
        of: declarations, in: service.handles, 0x08, type: BluetoothUUID(0x2803).littleEndianBytes, at: instant, &log)
      // Of all attributes: Wireshark 4.0, which does not know the long form, has the types from here.
      let attributes = service.attributes.map { attribute in
        Item(last: attribute.handle, entry: bytes(attribute.handle) + attribute.type.attributeBytes)
      }
      recordPages(of: attributes, in: service.handles, 0x04, type: [], at: instant, &log)
    }
  }

  private struct Item {
    /// The handle behind which the search goes on.
    let last: UInt16
    let entry: [UInt8]
  }

  /// A request for what is in a range of handles, and another for what is behind each answer, until there is nothing more.
  private func recordPages(
    of items: [Item], in handles: ClosedRange<UInt16>, _ opcode: UInt8, type: [UInt8], at instant: MonotonicInstant,
    _ log: inout MonitorLog
  ) {
    var rest = items[...]
    var start = handles.lowerBound
    while true {
      let request = [opcode] + bytes(start) + bytes(handles.upperBound) + type
      guard let length = rest.first?.entry.count else {
        let error = [0x01, opcode] + bytes(start) + [ATTError.attributeNotFound.rawValue]
        return exchange(request, error, at: instant, &log)
      }
      // The length of an entry; of Find Information 1 for short types, 2 for long ones.
      var response = [opcode &+ 1, opcode == 0x04 ? (length == 4 ? 1 : 2) : UInt8(clamping: length)]
      var last = start
      repeat {
        let item = rest.removeFirst()
        response += item.entry
        last = item.last
      } while rest.first?.entry.count == length && response.count + length <= connection.maximumTransmissionUnit
      exchange(request, response, at: instant, &log)
      guard last < handles.upperBound else { return }
      start = last &+ 1
    }
  }
}

extension BluetoothUUID {
  /// As it stands in an attribute: 2 or 16 bytes.
  fileprivate var attributeBytes: [UInt8] { assignedNumber.map { bytes($0) } ?? littleEndianBytes }
}
