"""Stand-ins for the platforms' APIs, on loopback, as strict as the platforms' documentation."""

from platforms.messenger import MessengerPlatform
from platforms.telegram import TelegramPlatform
from platforms.whatsapp import WhatsAppPlatform

PLATFORMS = {
    "messenger": MessengerPlatform,
    "telegram": TelegramPlatform,
    "whatsapp": WhatsAppPlatform,
}

__all__ = ["PLATFORMS", "MessengerPlatform", "TelegramPlatform", "WhatsAppPlatform"]
