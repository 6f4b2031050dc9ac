import pytest

pytest.register_assert_rewrite("customer_data.tests.contract", "customer_data.tests.contract_hearing")
