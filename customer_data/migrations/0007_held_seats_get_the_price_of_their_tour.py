"""Seats that were held before had no price of their own: they get the tour's."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("customer_data", "0006_seats_keep_their_price")]

    operations = [
        migrations.RunSQL(
            "UPDATE customer_data_seathold AS hold SET price = tour.price, currency = tour.currency,"
            " deposit_percent = tour.deposit_percent FROM customer_data_departure AS departure"
            " JOIN customer_data_tour AS tour ON tour.id = departure.tour_id"
            " WHERE departure.id = hold.departure_id AND hold.price IS NULL",
            migrations.RunSQL.noop,
        ),
    ]
