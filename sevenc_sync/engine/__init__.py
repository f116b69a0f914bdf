"""Where jobs run. The jobs themselves are the same for the local engine and, later, for many machines."""
