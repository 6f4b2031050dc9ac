import pytest

pytest.register_assert_rewrite("customer_data.tests.contract")
